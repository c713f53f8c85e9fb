"""Where records go, one destination a file."""
