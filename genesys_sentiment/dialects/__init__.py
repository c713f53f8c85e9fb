"""Wire languages, one a module, each a frozen value. Pure: no I/O. See ``docs/dialects.md``."""
