/** Memory between two layers, used again for every batch: new memory has to be fetched and cleared by the system, page by page. */

/**
 * @typedef {(name: string, length: number) => Float32Array} Room `length` numbers under that name, as the last user left them; whoever asks
 * for the name again gets the same memory
 * @returns {Room}
 */
export function createRooms() {
  /** @type {Map<string, Float32Array>} */
  const rooms = new Map();
  return (name, length) => {
    let room = rooms.get(name);
    if (room === undefined || room.length < length) {
      room = new Float32Array(length);
      rooms.set(name, room);
    }
    return room.subarray(0, length);
  };
}
