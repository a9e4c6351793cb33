// Where the sidebar calls: this hub, this connection. `inlay connectors google_docs manifest` fills it in.
var HUB_URL = "https://hub.example.com";
var CONNECTION = "docs";
