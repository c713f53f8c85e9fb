"""Everything that reads what others wrote, under a fuzzer: ``python -m tests.fuzz``."""
