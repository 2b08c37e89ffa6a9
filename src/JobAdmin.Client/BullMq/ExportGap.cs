namespace JobAdmin.Client.BullMq;

/// <summary>Where a job that a lane did not write belongs among those that it did.</summary>
/// <param name="Offset">The place among the bytes.</param>
/// <param name="Count">How many records stand before it.</param>
/// <param name="Id">The job.</param>
internal readonly record struct ExportGap(int Offset, int Count, string Id);
