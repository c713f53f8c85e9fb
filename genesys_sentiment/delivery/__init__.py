"""From records to whoever asked for them."""
