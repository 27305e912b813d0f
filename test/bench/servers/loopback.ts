/** Preloaded into a server that chooses its own address: it gets any free port of the loopback interface, and says which. */
import { Server } from "node:http"
import * as Worker from "../worker.ts"

Server.prototype.listen = function(this: Server) {
  Server.prototype.listen = listen
  Worker.listen(this)
  return this
}
const listen = Object.getPrototypeOf(Server.prototype).listen
