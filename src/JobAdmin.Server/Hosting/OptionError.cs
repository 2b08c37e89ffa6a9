namespace JobAdmin.Server.Hosting;

/// <summary>A setting that can't be used. The message says which and why, and never holds a secret.</summary>
internal sealed class OptionError(string message) : Exception(message);
