namespace JobAdmin.Server.Security;

/// <summary>What a key may do; each role may what the ones before it may.</summary>
internal enum AccessRole
{
    /// <summary>Nothing: no key.</summary>
    None = 0,
    /// <summary>Look.</summary>
    Reader,
    /// <summary>Retry, promote, cancel, add and edit jobs, pause and resume queues.</summary>
    Operator,
    /// <summary>Also destroy: remove jobs, clean, drain and obliterate queues.</summary>
    Admin,
}
