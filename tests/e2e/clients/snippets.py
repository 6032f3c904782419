def snippets_of(name):
    return []
