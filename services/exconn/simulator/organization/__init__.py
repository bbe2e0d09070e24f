"""The made-up organization: people, mailboxes, partnerships, policies, accounts, servers and what they know."""
