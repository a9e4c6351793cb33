"""The bench: latency, throughput, checks, start, memory, webhooks and stored runs, each figure beside its bar."""
