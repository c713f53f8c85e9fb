"""Personal data taken out of text before it leaves."""
