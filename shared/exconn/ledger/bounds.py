"""How long the ledger waits, and how much one of its calls touches."""

from datetime import timedelta

#: Long enough for any pause of a healthy worker, short enough that a lost one is noticed quickly.
LEASE = timedelta(seconds=15)
#: How long a doorbell may go unheard before it is rung again, at first and at most.
RING_AGAIN = timedelta(seconds=5)
RING_SLOWEST = timedelta(minutes=5)
#: Leases in a row that may run out before a job is held.
MOST_CRASHES = 3
#: A look that lasts longer than this is said to be work: its job is shown as claimed.
LOOK_LASTS = timedelta(minutes=1)
#: How many actions a requester may have open in one organization, in largest quotas, and the least that this is. What
#: the quota lets through in the three days for which a wipe is valid may all be waiting for its phone; as much as it
#: lets through in a fourth may be held beside that.
OPEN_PER_QUOTA = 4
LEAST_OPEN = 20
#: A request takes the place of a held one of somebody else only if it is valid for this long, or as long as that one:
#: what was asked for is not to end sooner than its requester wanted.
SUPERSEDES_WITHIN = timedelta(hours=1)
#: What one request or one round of a coordinator touches at most, in as many calls as it takes.
MOST_ELEMENTS = 500
#: What one call of a script touches at most, where it writes each element: nobody is to wait for more than 4 ms.
AT_ONCE = 25
#: What one command goes through at most that only looks for names.
MOST_READ = 500
#: How many due jobs are looked at in a round: of those that have waited longest, and of those that came due last.
MOST_DUE = 60
MOST_NEWEST = 30
#: How many parked jobs the end of one unparks, and how many useless ones end on the way.
MOST_NEXT = 10
MOST_USELESS = 20
#: Jobs that are ended by one call, which writes more of each than others do; and those that leave the ledger.
MOST_ENDED = 10
MOST_RETIRED = 200
#: Records that a backup may lack; a larger number than that is taken for a forged one.
MOST_LOST = 1_000_000_000

#: All coordinators see a step of the server's clock within this time, each a little differently.
STEP_TOLD_ONCE_WITHIN = timedelta(seconds=20)
SAME_STEP_WITHIN = timedelta(seconds=6)
