/** The cases of core/bytes once more inside XS, where the native twin stands in its place. */
import { BYTES_CASES } from "../core/bytes-cases";
import { describe, it } from "./harness";

describe("core/bytes, the native twin", () => {
	for (const { name, run } of BYTES_CASES) it(name, run);
});
