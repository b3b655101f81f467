/** Frame and codec over the native twin of core/bytes: the same outcomes as on V8. */
import { DIGEST_OF_CLIENT, DIGEST_OF_NODE, receiveFrames, SHORT_RUN } from "../core/wire/frames";
import { describe, equal, it } from "./harness";

describe("core/wire inside XS", () => {
	it("takes and drops random and mutated frames at a node as V8 does", () =>
		equal(receiveFrames(SHORT_RUN, true).digest, DIGEST_OF_NODE));
	it("takes and drops them at a client as V8 does", () =>
		equal(receiveFrames(SHORT_RUN, false).digest, DIGEST_OF_CLIENT));
});
