/** The encoding of configurations that ships, for nodes without a replica around them. */
import { ConfigurationCodec } from "../../../core/wire/configuration";

export const ENCODING = new ConfigurationCodec();
