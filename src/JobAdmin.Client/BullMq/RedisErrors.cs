using StackExchange.Redis;

namespace JobAdmin.Client.BullMq;

/// <summary>Says in our words what Redis or the connection to it complained of.</summary>
internal sealed class RedisErrors(string endpoint)
{
    private volatile bool refused;

    /// <summary>The error of a connection that was made anew and whose user was refused: Redis would go on with it as another user, `default`. Null while all is well.</summary>
    public JobServerException? Refusal => !refused ? null : new("AuthenticationFailed", JobErrorKind.Access, $"{endpoint} refuses this user or password by now.",
        "It has been changed since: connect again with Connect-JobServer.") { Target = endpoint };

    /// <summary>Takes note of why a login failed.</summary>
    public void Note(JobServerException error) => refused |= error.ErrorId == "AuthenticationFailed";

    /// <summary>Whether an error goes away by itself, so that it is worth asking again.</summary>
    public static bool IsPassing(JobServerException error) => error.Kind is JobErrorKind.Connection or JobErrorKind.Timeout && error.ErrorId != "ConnectionClosed" || RefusedForNow(error);

    /// <summary>Whether Redis refused before it ran anything, and will not in a moment.</summary>
    public static bool RefusedForNow(JobServerException error) => error.ErrorId is "ServerLoading" or "ServerBusy";

    /// <summary>An error of the library in our words.</summary>
    public JobServerException Translate(Exception exception, string what) => exception switch
    {
        RedisServerException server => Server(server.Message, what),
        RedisTimeoutException or TimeoutException => new("Timeout", JobErrorKind.Timeout, $"{endpoint} did not answer in time ({what}).",
            "The server may be busy or the network slow: try again, or connect with a longer -Timeout.") { Target = endpoint },
        ObjectDisposedException => new("ConnectionClosed", JobErrorKind.Connection, $"The connection to {endpoint} is closed.",
            "Connect again with Connect-JobServer.") { Target = endpoint },
        RedisConnectionException { Message: var m } when m.Contains("replica", StringComparison.OrdinalIgnoreCase) => Replica(),
        // The node sent us on to another one, where a script must not go, or where nobody answers yet.
        RedisConnectionException { Message: var m } when m.Contains("not reachable at this point of time", StringComparison.Ordinal) => Changing(),
        RedisConnectionException => new("ConnectionLost", JobErrorKind.Connection, $"The connection to {endpoint} broke ({what}).",
            "Check that the server runs; the connection is taken up again by itself when it is back.") { Target = endpoint },
        RedisCommandException { Message: var m } when m.Contains("replica", StringComparison.OrdinalIgnoreCase) => Replica(),
        // The library looks at the slots before it sends anything.
        RedisCommandException { Message: var m } when m.Contains("slot", StringComparison.OrdinalIgnoreCase) => CrossSlot(),
        RedisCommandException { Message: var m } when m.Contains("database", StringComparison.OrdinalIgnoreCase) => NoDatabase(null, 0, m),
        _ => new("RedisError", JobErrorKind.Server, $"{endpoint}: {exception.Message}", null) { Target = endpoint },
    };

    /// <summary>An error line of Redis in our words.</summary>
    public JobServerException Server(string message, string what)
    {
        var code = message.Split(' ', 2)[0];
        if (message.StartsWith("Key has MOVED", StringComparison.Ordinal))
        {
            // The library has taken note of where to, and asks there the next time.
            return Changing();
        }

        // A script's error has the code of the command that failed inside it, with Redis's own words around.
        if (message.Contains("READONLY", StringComparison.Ordinal))
        {
            return Replica();
        }

        if (message.Contains("WRONGTYPE", StringComparison.Ordinal))
        {
            return new("WrongKeyType", JobErrorKind.InvalidState, $"A key of this queue on {endpoint} is of another type than BullMQ's ({what}): {message}",
                "Something else writes under the same prefix: look at the key with redis-cli TYPE, or connect with the right -Prefix.") { Target = endpoint };
        }

        // Inside a script Redis says it without the code.
        if (message.Contains("NOPERM", StringComparison.Ordinal) || message.Contains("user executing the script can't", StringComparison.Ordinal)
            || message.Contains("ACL failure in script", StringComparison.Ordinal))
        {
            code = "NOPERM";
        }

        return code switch
        {
            "NOAUTH" => new("AuthenticationRequired", JobErrorKind.Access, $"{endpoint} wants a password.",
                "Give it with -Credential, or in the address: redis://user:password@host.") { Target = endpoint },
            "WRONGPASS" => new("AuthenticationFailed", JobErrorKind.Access, $"{endpoint} refuses this user or password.",
                "Check both; a server without ACL users takes the password alone: redis://:password@host.") { Target = endpoint },
            "NOPERM" => new("AccessDenied", JobErrorKind.Access, $"The user has no right to do this on {endpoint} ({what}): {message}",
                "about_JobAdmin_Connections lists the rights that readers and operators need.") { Target = endpoint },
            "OOM" => new("OutOfMemory", JobErrorKind.Server, $"{endpoint} has no memory left and refused the change ({what}).",
                "Free memory (Clear-JobQueue -State completed needs none) or raise maxmemory, then try again.") { Target = endpoint },
            "LOADING" => new("ServerLoading", JobErrorKind.Connection, $"{endpoint} is loading its data.", "Try again in a moment.") { Target = endpoint },
            "MASTERDOWN" or "CLUSTERDOWN" or "TRYAGAIN" => Changing(),
            "BUSY" => new("ServerBusy", JobErrorKind.Server, $"{endpoint} is held up by another client's script.",
                "Try again when it has ended.") { Target = endpoint },
            "MISCONF" => new("ServerRefusesWrites", JobErrorKind.Server, $"{endpoint} refuses writes: {message}", "Mend its persistence first.") { Target = endpoint },
            "NOREPLICAS" => new("ServerRefusesWrites", JobErrorKind.Server, $"{endpoint} refuses writes: {message}",
                "Bring its replicas back, or lower min-replicas-to-write.") { Target = endpoint },
            "CROSSSLOT" => CrossSlot(),
            // A script's own look at a key of another node.
            _ when message.Contains("non local key", StringComparison.Ordinal) => CrossSlot(),
            _ => new("RedisError", JobErrorKind.Server, $"{endpoint} answered with an error ({what}): {message}",
                // Redis says it in the second way where a script wanted it.
                message.Contains("unknown command", StringComparison.OrdinalIgnoreCase) || message.Contains("unknown Redis command", StringComparison.OrdinalIgnoreCase)
                    ? "The server lacks this command, or it is renamed or disabled there (rename-command): what it is needed for can't be done." : null) { Target = endpoint },
        };
    }

    /// <summary>A database is not there, or SELECT is refused.</summary>
    /// <param name="database">Its number, when known.</param>
    /// <param name="count">How many there are; 0 when not known.</param>
    /// <param name="why">What the server says of it.</param>
    public JobServerException NoDatabase(int? database, int count, string why) => new("DatabaseNotFound", JobErrorKind.InvalidInput,
        $"{endpoint} does not give {(database is { } number ? $"database {number}" : "this database")}: {why.TrimEnd('.')}.",
        count switch
        {
            0 => "Connect to one that it has: mostly 0 to 15, and on a cluster only 0.",
            1 => "It has only database 0.",
            _ => $"It has the databases 0 to {count - 1}.",
        }) { Target = endpoint };

    /// <summary>A script met with keys of one slot that lie on two nodes. It may have done a part of its work.</summary>
    public JobServerException SlotsMoving(string what) => new("SlotsMoving", JobErrorKind.Connection, $"Keys of this queue are being moved between nodes of the cluster at {endpoint} ({what}).",
        "Try again when they have been: redis-cli --cluster check tells.") { Target = endpoint };

    private JobServerException Changing() => new("ServerLoading", JobErrorKind.Connection, $"{endpoint} is changing its master or its slots.", "Try again in a moment.") { Target = endpoint };

    private JobServerException CrossSlot() => new("CrossSlot", JobErrorKind.InvalidState, $"The queue's keys lie on different nodes of the cluster at {endpoint}.",
        "On a Redis Cluster BullMQ needs a hash-tagged prefix: connect with -Prefix '{bull}' or what the application uses.") { Target = endpoint };

    private JobServerException Replica() => new("ReadOnlyReplica", JobErrorKind.InvalidState, $"{endpoint} is a read-only replica: nothing was changed.",
        "Connect to the master; Test-JobServer shows the role.") { Target = endpoint };
}
