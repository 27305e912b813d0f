/** The version the command reports; a test holds it equal to the package's. */
export const version = "0.1.0"
