-- now: the ledger's clock.
return answer({ now = NOW })
