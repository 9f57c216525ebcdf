"""Work that runs beside the web server, in the one process that holds the lead."""
