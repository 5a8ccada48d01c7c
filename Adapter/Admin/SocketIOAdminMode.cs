namespace OrleansAdapter.Admin;

/// <summary>How much the admin UI shows.</summary>
public enum SocketIOAdminMode
{
    /// <summary>Every socket with its rooms and data, and every event, up to the bounds of <see cref="SocketIOAdminOptions"/>.</summary>
    Development,

    /// <summary>Figures of the servers and namespaces only.</summary>
    Production,
}
