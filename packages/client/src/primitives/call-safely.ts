/** Calls back into the application. Its error is its own: reported as uncaught, and the client goes on. */
export function callSafely(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
