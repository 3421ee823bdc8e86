# The controller's image. It drives the Docker Engine of its host, so it needs the engine's socket, the state
# folder, and the projects' folders at the same paths as on the host:
#
#   docker build -t mlenv .
#   docker run -d --name mlenv --init --restart unless-stopped --network none \
#     -v /var/run/docker.sock:/var/run/docker.sock -v /var/mlenv:/var/mlenv \
#     -v /run/mlenv:/run/mlenv -v /srv/projects:/srv/projects:ro \
#     mlenv controller --watch /srv/projects
#
# Projects that follow git remotes need a network instead of none, and the configuration at /etc/mlenv.
# Whoever may talk to the engine's socket is root on the host: so is this container.

FROM node:20-bookworm-slim AS build
WORKDIR /opt/mlenv
# A compiler, because SQLite's ready-made binary may be out of reach.
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY schema schema
COPY specs specs
COPY controller controller
RUN npm run build && npm prune --omit=dev \
  && find dist -name '*.map' -delete && chmod +x dist/controller/main.js

FROM node:20-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/mlenv
# For projects that follow git remotes, and for the commit of a clone.
RUN apt-get update \
  && apt-get install -y --no-install-recommends git openssh-client ca-certificates \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/mlenv/package.json ./
COPY --from=build /opt/mlenv/node_modules node_modules
COPY --from=build /opt/mlenv/dist dist
COPY LICENSE ./
COPY schema/*.json schema/
COPY schema/sqlite schema/sqlite
RUN ln -s /opt/mlenv/dist/controller/main.js /usr/local/bin/mlenv
# The instance's own user is asked, through the same path as every client's.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["node", "-e", "\
const socketPath = `/run/mlenv/u/${process.getuid()}/api.sock`;\
require('node:http').get({ socketPath, path: '/v1/healthz', timeout: 4000 }, (response) => process.exit(response.statusCode === 200 ? 0 : 1))\
.on('error', () => process.exit(1)).on('timeout', () => process.exit(1))"]
ENTRYPOINT ["mlenv"]
CMD ["controller"]
