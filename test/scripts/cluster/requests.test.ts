import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRequest } from "../../../scripts/cluster/requests";

describe("cluster: requests", () => {
	const accepts = (request: object) => assert.deepEqual(parseRequest(JSON.stringify(request)), request);
	const refuses = (request: unknown, message: RegExp) =>
		assert.throws(
			() => parseRequest(JSON.stringify(request)),
			(error: Error & { code: string }) => {
				assert.equal(error.code, "BAD_REQUEST");
				assert.match(error.message, message);
				return true;
			},
		);

	it("takes what it knows", () => {
		for (const action of ["kill", "start", "pause", "freeze", "resume", "detach", "renew", "remove"])
			accepts({ command: "node", action, id: 2 });
		accepts({ command: "node", action: "attach", id: 3, port: 4000 });
		accepts({ command: "node", action: "add", id: 6 });
		accepts({ command: "node", action: "add", id: 6, port: 4000 });
		accepts({ command: "node", action: "erase-time", milliseconds: 400 });
		accepts({ command: "node", action: "erase-time", id: 1, milliseconds: 0 });
		accepts({ command: "net", action: "cut", from: 1, to: 2 });
		accepts({ command: "net", action: "cut", from: 0, to: 2, oneWay: true });
		accepts({ command: "net", action: "isolate", id: 5 });
		accepts({ command: "net", action: "loss", percent: 12.5 });
		accepts({ command: "net", action: "reorder", percent: 1, from: 1, to: 2 });
		accepts({ command: "net", action: "delay", milliseconds: 20, jitter: 5 });
		accepts({ command: "net", action: "record", path: "/tmp/x.pcap" });
		accepts({ command: "net", action: "mtu", id: 3, bytes: 600 });
		accepts({ command: "net", action: "swap", id: 1, other: 2 });
		accepts({ command: "net", action: "heal" });
		accepts({ command: "status" });
	});

	it("refuses all else, and says why", () => {
		assert.throws(() => parseRequest("{"), { code: "BAD_REQUEST" });
		refuses(null, /no request/);
		refuses({ command: "toString" }, /no request "toString"/);
		refuses({ command: "node", action: "kill" }, /another "id"/);
		refuses({ command: "node", action: "kill", id: 0 }, /another "id"/);
		refuses({ command: "node", action: "kill", id: "1" }, /another "id"/);
		refuses({ command: "node", action: "kill", id: 1, force: true }, /has no "force"/);
		refuses({ command: "net", action: "loss", percent: 101 }, /another "percent"/);
		refuses({ command: "net", action: "delay", milliseconds: 60_001 }, /another "milliseconds"/);
		refuses({ command: "net", action: "cut", from: 1 }, /another "to"/);
		refuses({ command: "net", action: "mtu", id: 3, bytes: 60 }, /another "bytes"/);
		refuses({ command: "net", action: "swap", id: 3 }, /another "other"/);
	});

	it("answers any text with a request or a refusal by name", () => {
		fc.assert(
			fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
				try {
					parseRequest(line);
				} catch (error) {
					assert.equal((error as { code: string }).code, "BAD_REQUEST");
				}
			}),
		);
	});
});
