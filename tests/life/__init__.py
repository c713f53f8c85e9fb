"""A day of a stream in virtual time, with faults, and the judgement of what came of it."""
