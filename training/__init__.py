"""Training of the embedded analyzer: data in, a model file and a report out. Not packaged.

``python -m training DATA`` trains, ``python -m training.evaluate DATA`` measures. See README.md.
"""
