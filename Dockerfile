# The service alone; its Neo4j is another container (docker-compose.yml) or wherever NEO4J_URI points. Without extras: it
# carries neither Java nor what only pictures need.

FROM python:3.11-slim AS wheel
WORKDIR /source
RUN pip install --no-cache-dir build
COPY pyproject.toml README.md LICENSE ./
COPY cypher cypher
COPY docs/errors docs/errors
COPY src src
RUN python -m build --wheel --outdir /wheels

FROM python:3.11-slim
RUN useradd --create-home --uid 10001 beliefgraph \
    && install -d -o beliefgraph -m 0700 /var/lib/beliefgraph/keys /var/cache/beliefgraph
COPY requirements.txt /tmp/
COPY --from=wheel /wheels /wheels
RUN pip install --no-cache-dir --constraint /tmp/requirements.txt /wheels/*.whl && rm -r /wheels /tmp/requirements.txt
ENV BELIEFGRAPH_KEYS=/var/lib/beliefgraph/keys NUMBA_CACHE_DIR=/var/cache/beliefgraph
USER beliefgraph
VOLUME /var/lib/beliefgraph/keys /var/cache/beliefgraph
EXPOSE 8000
CMD ["beliefgraph", "serve", "--host", "0.0.0.0", "--port", "8000"]
