import { BYTES_CASES } from "./bytes-cases";

describe("core/bytes, the TypeScript twin", () => {
	for (const { name, run } of BYTES_CASES) it(name, run);
});
