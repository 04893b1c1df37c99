"""How gunicorn serves the shop, in the demo and behind a proxy. Every value is a default: the command line wins."""

from pathlib import Path

from dostshop import env

worker_class = "gthread"
workers = env.integer("WEB_WORKERS", default=2)
threads = env.integer("WEB_THREADS", default=4)
# Load the shop once, then fork: quicker to start, and the workers share what they do not change.
preload_app = True

# For threaded workers this is a heartbeat, and no limit on a request.
timeout = 30
graceful_timeout = 20
# Longer than a proxy keeps a connection idle would be a race; a proxy in front has its own.
keepalive = 5
# A worker that leaks is replaced before it matters, and not all at once.
max_requests = 10_000
max_requests_jitter = 1_000

# Whose X-Forwarded-Proto is believed.
forwarded_allow_ips = env.text("FORWARDED_ALLOW_IPS", default="127.0.0.1,::1")
errorlog = "-"
# Heartbeats go to memory: on a slow disk they would look like a dead worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True
