"""Training and measuring the embedded analyzer, on texts made here."""
