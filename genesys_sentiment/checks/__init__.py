"""Contracts as functions, to run over an implementation of your own."""
