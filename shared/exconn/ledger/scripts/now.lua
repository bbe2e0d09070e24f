-- now: the ledger's clock, and that of its server.
return answer({ now = NOW, server = SERVER })
