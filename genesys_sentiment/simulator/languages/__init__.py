"""The wire languages that the simulator speaks, one a file; ``language`` says what one is."""
