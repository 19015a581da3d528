"use strict";
// Node `ws` as its own documentation shows a broadcast: one loop over the clients.

const http = require("node:http");
const { WebSocketServer, WebSocket } = require("ws");
const { listen, obey, receipt, stamped } = require("./commands.js");

const server = http.createServer((_request, response) => response.end("ok"));
const sockets = new WebSocketServer({ server, perMessageDeflate: false });

sockets.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data) => socket.send(JSON.stringify(receipt(JSON.parse(data)))));
});

obey((size) => {
  const frame = Buffer.from(stamped(size));
  for (const client of sockets.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(frame, { binary: false });
  }
});
listen(server);
