"""The attachments of a proposal: files on record, and the part that lists what is attached."""
