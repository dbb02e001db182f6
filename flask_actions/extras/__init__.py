"""What is switched on by hand; the only place that imports packages beyond the core's."""
