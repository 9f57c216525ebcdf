"""Who gave what: the figures of each contributor, its share, its years and its rank."""
