"""Where mappings and ranges are from, in words."""

CONNECTOR_PAGE = "Microsoft's pages of New-CMExchangeServer and Set-CMExchangeServer name this parameter of Exchange"
SAME_MEANING = "no page names the pair; name and meaning fit this parameter of Exchange alone"
EXCHANGE_PAGES = "Exchange's own pages; Configuration Manager never had it"
BOTH = "the pages of both families"
NEWER = "the MobileDevice family's page"
