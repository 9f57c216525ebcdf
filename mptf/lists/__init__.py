"""Lists people narrow by filters: the views of them a person keeps, which are the filters that stood, under a name."""
