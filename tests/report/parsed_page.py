"""A page of a report as its tags, for tests of what it asks for and holds."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """Collects attributes, ids and open tags."""

    def __init__(self, text):
        super().__init__()
        self.attributes, self.ids, self.tags = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]
