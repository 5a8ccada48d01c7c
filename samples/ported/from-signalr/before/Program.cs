// Rides: dispatchers offer rides to drivers, passengers see them come. On SignalR with Microsoft's Redis backplane, in any number of processes:
//   ConnectionStrings__Redis=127.0.0.1:6379 Jwt__Key=… dotnet RidesBefore.dll --urls http://127.0.0.1:5001
using System.Security.Claims;
using Microsoft.AspNetCore.SignalR;
using Rides;
using StackExchange.Redis;

var builder = WebApplication.CreateBuilder(args);
var redis = builder.Configuration.GetConnectionString("Redis")!;
builder.Services
    .AddSignalR(options => options.AddFilter<TextLimit>())
    .AddMessagePackProtocol()
    .AddStackExchangeRedis(redis, options => options.Configuration.ChannelPrefix = RedisChannel.Literal("rides"));
builder.Services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(redis));
builder.Services.AddSingleton<Drivers>();
builder.Services.AddSingleton<Prices>().AddHostedService(services => services.GetRequiredService<Prices>());
builder.Services.AddSingleton<RideDesk>().AddHostedService(services => services.GetRequiredService<RideDesk>());
builder.AddTokens();
var app = builder.Build();

app.UseAuthentication();
app.UseAuthorization();
app.MapHub<RideHub>("/rides");
app.MapPost("/rides", (RideRequest request, ClaimsPrincipal user, RideDesk desk) => desk.Add(request, user)).RequireAuthorization();
await app.RunAsync();
