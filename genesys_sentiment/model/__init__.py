"""Frozen values that cross every seam. Pure: no I/O."""
