"""Connections kept alive and read as asynchronous iterators."""
