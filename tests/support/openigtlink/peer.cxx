// The protocol's own C++ library at the other end of a line, for the tests of driver and server.
//   peer serve COUNT WIDTH HEIGHT SCALAR   (SCALAR: 3 uint8, 4 int16, 5 uint16; numbers of the protocol)
//     listens on loopback, waits for one client, sends images, poses of every kind behind each, a damaged image, a text and a state
//   peer watch PORT COUNT
//     asks a server what it can, and prints every message until it had so many images
#include <igtlCapabilityMessage.h>
#include <igtlClientSocket.h>
#include <igtlImageMessage.h>
#include <igtlOSUtil.h>
#include <igtlPositionMessage.h>
#include <igtlQuaternionTrackingDataMessage.h>
#include <igtlServerSocket.h>
#include <igtlStatusMessage.h>
#include <igtlStringMessage.h>
#include <igtlTimeStamp.h>
#include <igtlTrackingDataMessage.h>
#include <igtlTransformMessage.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>

static void send(igtl::Socket* socket, igtl::MessageBase* message, igtl::TimeStamp::Pointer stamp) {
  message->SetTimeStamp(stamp);
  message->Pack();
  socket->Send(message->GetPackPointer(), message->GetPackSize());
}

// A quarter turn about z, and a place.
static void turned(igtl::Matrix4x4& matrix, float x, float y, float z) {
  igtl::IdentityMatrix(matrix);
  matrix[0][0] = 0;
  matrix[0][1] = -1;
  matrix[1][0] = 1;
  matrix[1][1] = 0;
  matrix[0][3] = x;
  matrix[1][3] = y;
  matrix[2][3] = z;
}

static void sendPoses(igtl::Socket* socket, int index, igtl::TimeStamp::Pointer stamp) {
  igtl::Matrix4x4 matrix;
  turned(matrix, index, 2, 3);
  auto transform = igtl::TransformMessage::New();
  transform->SetDeviceName("ByTransform");
  transform->SetMatrix(matrix);
  send(socket, transform, stamp);

  auto position = igtl::PositionMessage::New();
  position->SetDeviceName("ByPosition");
  position->SetPosition(index, 2, 3);
  position->SetQuaternion(0, 0, 0.70710678f, 0.70710678f);
  send(socket, position, stamp);

  auto tracking = igtl::TrackingDataMessage::New();
  auto tool = igtl::TrackingDataElement::New();
  tool->SetName("ByTrackingData");
  tool->SetType(igtl::TrackingDataElement::TYPE_6D);
  tool->SetMatrix(matrix);
  tracking->SetDeviceName("Tracker");
  tracking->AddTrackingDataElement(tool);
  send(socket, tracking, stamp);

  auto quaternions = igtl::QuaternionTrackingDataMessage::New();
  auto other = igtl::QuaternionTrackingDataElement::New();
  other->SetName("ByQuaternion");
  other->SetType(igtl::QuaternionTrackingDataElement::TYPE_6D);
  other->SetPosition(index, 2, 3);
  other->SetQuaternion(0, 0, 0.70710678f, 0.70710678f);
  quaternions->SetDeviceName("Tracker");
  quaternions->AddQuaternionTrackingDataElement(other);
  send(socket, quaternions, stamp);
}

static igtl::ImageMessage::Pointer picture(int index, int width, int height, int scalar) {
  int size[3] = {width, height, 1};
  float spacing[3] = {0.2f, 0.3f, 1.0f};
  int offset[3] = {0, 0, 0};
  auto image = igtl::ImageMessage::New();
  image->SetDimensions(size);
  image->SetSpacing(spacing);
  image->SetScalarType(scalar);
  image->SetSubVolume(size, offset);
  image->SetDeviceName("Peer");
  image->SetEndian(igtl::ImageMessage::ENDIAN_LITTLE);
  image->AllocateScalars();
  auto* bytes = static_cast<unsigned char*>(image->GetScalarPointer());
  for (int at = 0; at < width * height * (scalar == 3 ? 1 : 2); at++) bytes[at] = (at * 7 + index * 31 + (at >> 8)) & 0xff;
  return image;
}

static int serve(int count, int width, int height, int scalar) {
  auto server = igtl::ServerSocket::New();
  if (server->CreateServer(0) < 0) return 1;
  printf("port %d\n", server->GetServerPort());
  fflush(stdout);
  auto client = server->WaitForConnection(20000);
  if (client.IsNull()) return 1;
  auto stamp = igtl::TimeStamp::New();
  for (int index = 0; index < count; index++) {
    stamp->GetTime();
    send(client, picture(index, width, height, scalar), stamp);
    sendPoses(client, index, stamp);
    igtl::Sleep(20);
  }
  auto damaged = picture(count, width, height, scalar);
  damaged->SetTimeStamp(stamp);
  damaged->Pack();
  static_cast<unsigned char*>(damaged->GetPackPointer())[58 + 72 + width] ^= 0x10;
  client->Send(damaged->GetPackPointer(), damaged->GetPackSize());

  auto text = igtl::StringMessage::New();
  text->SetDeviceName("Peer");
  text->SetString("probe 3C is warm");
  send(client, text, stamp);
  auto status = igtl::StatusMessage::New();
  status->SetDeviceName("Peer");
  status->SetCode(igtl::StatusMessage::STATUS_NOT_READY);
  status->SetErrorName("NotReady");
  status->SetStatusString("the probe is unplugged");
  send(client, status, stamp);
  igtl::Sleep(100);
  client->CloseSocket();
  return 0;
}

template <class Message>
static bool unpack(igtl::MessageHeader* header, igtl::Socket* socket, typename Message::Pointer& message) {
  message = Message::New();
  message->SetMessageHeader(header);
  message->AllocatePack();
  if (header->GetBodySizeToRead() > 0) socket->Receive(message->GetPackBodyPointer(), message->GetPackBodySize());
  if (message->Unpack(1) & igtl::MessageHeader::UNPACK_BODY) return true;
  printf("BAD %s %s\n", header->GetDeviceType(), header->GetDeviceName());
  return false;
}

static void printImage(igtl::MessageHeader* header, igtl::Socket* socket) {
  igtl::ImageMessage::Pointer image;
  if (!unpack<igtl::ImageMessage>(header, socket, image)) return;
  int size[3];
  float spacing[3], origin[3];
  image->GetDimensions(size);
  image->GetSpacing(spacing);
  image->GetOrigin(origin);
  auto* bytes = static_cast<unsigned char*>(image->GetScalarPointer());
  unsigned long sum = 0;
  for (int at = 0; at < image->GetImageSize(); at++) sum = (sum * 31 + bytes[at]) & 0xffffffff;
  auto stamp = igtl::TimeStamp::New();
  image->GetTimeStamp(stamp);
  printf("IMAGE %s %d %d %d type %d components %d spacing %.4f %.4f origin %.3f %.3f sum %lu at %.6f\n", header->GetDeviceName(), size[0], size[1],
         size[2], image->GetScalarType(), image->GetNumComponents(), spacing[0], spacing[1], origin[0], origin[1], sum, stamp->GetTimeStamp());
}

static void printTransform(igtl::MessageHeader* header, igtl::Socket* socket) {
  igtl::TransformMessage::Pointer transform;
  if (!unpack<igtl::TransformMessage>(header, socket, transform)) return;
  igtl::Matrix4x4 m;
  transform->GetMatrix(m);
  auto stamp = igtl::TimeStamp::New();
  transform->GetTimeStamp(stamp);
  printf("TRANSFORM %s place %.3f %.3f %.3f first %.3f %.3f %.3f at %.6f\n", header->GetDeviceName(), m[0][3], m[1][3], m[2][3], m[0][0], m[1][0],
         m[2][0], stamp->GetTimeStamp());
}

static void printTrackingData(igtl::MessageHeader* header, igtl::Socket* socket) {
  igtl::TrackingDataMessage::Pointer tracking;
  if (!unpack<igtl::TrackingDataMessage>(header, socket, tracking)) return;
  for (int index = 0; index < tracking->GetNumberOfTrackingDataElements(); index++) {
    igtl::TrackingDataElement::Pointer tool;
    tracking->GetTrackingDataElement(index, tool);
    float x, y, z;
    tool->GetPosition(&x, &y, &z);
    printf("TDATA %s place %.3f %.3f %.3f\n", tool->GetName(), x, y, z);
  }
}

static void printStatus(igtl::MessageHeader* header, igtl::Socket* socket) {
  igtl::StatusMessage::Pointer status;
  if (!unpack<igtl::StatusMessage>(header, socket, status)) return;
  printf("STATUS %s %d %s\n", header->GetDeviceName(), status->GetCode(), status->GetStatusString());
}

static void printCapability(igtl::MessageHeader* header, igtl::Socket* socket) {
  igtl::CapabilityMessage::Pointer capability;
  if (!unpack<igtl::CapabilityMessage>(header, socket, capability)) return;
  printf("CAPABILITY");
  for (auto& type : capability->GetTypes()) printf(" %s", type.c_str());
  printf("\n");
}

static int watch(int port, int count) {
  auto socket = igtl::ClientSocket::New();
  if (socket->ConnectToServer("127.0.0.1", port) != 0) return 1;
  auto ask = igtl::GetCapabilityMessage::New();
  ask->SetDeviceName("");
  ask->Pack();
  socket->Send(ask->GetPackPointer(), ask->GetPackSize());
  bool together = false;
  for (int images = 0; images < count;) {
    if (images == count / 2 && !together) {
      together = true;
      auto start = igtl::StartTrackingDataMessage::New();
      start->SetDeviceName("");
      start->SetResolution(1);
      start->SetCoordinateName("");
      start->Pack();
      socket->Send(start->GetPackPointer(), start->GetPackSize());
    }
    auto header = igtl::MessageHeader::New();
    header->InitPack();
    if (socket->Receive(header->GetPackPointer(), header->GetPackSize()) != header->GetPackSize()) return 1;
    header->Unpack();
    const char* type = header->GetDeviceType();
    if (strcmp(type, "IMAGE") == 0) {
      images++;
      printImage(header, socket);
    } else if (strcmp(type, "TRANSFORM") == 0) {
      printTransform(header, socket);
    } else if (strcmp(type, "TDATA") == 0) {
      printTrackingData(header, socket);
    } else if (strcmp(type, "STATUS") == 0) {
      printStatus(header, socket);
    } else if (strcmp(type, "CAPABILITY") == 0) {
      printCapability(header, socket);
    } else {
      printf("%s %s\n", type, header->GetDeviceName());
      socket->Skip(header->GetBodySizeToRead(), 0);
    }
  }
  socket->CloseSocket();
  return 0;
}

int main(int argc, char** argv) {
  if (argc == 6 && strcmp(argv[1], "serve") == 0) return serve(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]), atoi(argv[5]));
  if (argc == 4 && strcmp(argv[1], "watch") == 0) return watch(atoi(argv[2]), atoi(argv[3]));
  return 2;
}
