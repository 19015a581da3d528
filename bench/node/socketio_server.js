"use strict";
// Socket.IO with its WebSocket transport: one `emit` to everybody.

const http = require("node:http");
const { Server } = require("socket.io");
const { listen, obey, receipt, stamped } = require("./commands.js");

const server = http.createServer();
const io = new Server(server, { transports: ["websocket"] });

io.on("connection", (socket) => {
  socket.on("b", (cast) => socket.emit("a", receipt(cast)));
});

obey((size) => {
  // The payload travels as an object, as people send it; its digits are within a double's reach.
  const { t, pad } = JSON.parse(stamped(size));
  io.emit("s", { t, pad });
});
listen(server);
