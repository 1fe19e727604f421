"""What trainings share: averaged weights, rates, random streams, the journal, the saved state."""
