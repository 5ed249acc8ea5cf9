export const GO_TAGS: string;
export const GO_FLAGS: string[];
export const DEFINES: string[];
