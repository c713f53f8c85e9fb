"""Regions, tokens, REST, channels and conversations of a Genesys Cloud organisation."""
