"""Real brokers on loopback, for the tests of the sinks that feed them."""
