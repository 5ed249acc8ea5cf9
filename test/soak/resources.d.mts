export declare function slopeOf(points: [number, number][]): number;
