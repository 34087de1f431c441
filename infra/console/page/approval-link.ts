export const approvalHash = (id: string) => `#/approval/${encodeURIComponent(id)}`;
