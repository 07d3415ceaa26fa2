"""What recipes are made of: images read and dealt, networks trained, stages skipped or continued, runs ended with a report."""
