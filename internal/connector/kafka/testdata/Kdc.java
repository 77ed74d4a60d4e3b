import java.io.File;
import org.apache.kerby.kerberos.kerb.server.SimpleKdcServer;

/** A KDC of realm EXAMPLE.COM, with the principals alice and kafka/localhost, until its input ends: Kdc FOLDER PORT */
public class Kdc {
  public static void main(String[] args) throws Exception {
    File folder = new File(args[0]);
    SimpleKdcServer kdc = new SimpleKdcServer();
    kdc.setKdcRealm("EXAMPLE.COM");
    kdc.setKdcHost("localhost");
    kdc.setAllowUdp(false);
    kdc.setAllowTcp(true);
    kdc.setKdcTcpPort(Integer.parseInt(args[1]));
    kdc.setWorkDir(folder);
    kdc.init();
    kdc.start();
    for (String name : new String[] {"alice", "kafka/localhost"}) {
      String principal = name + "@EXAMPLE.COM";
      kdc.createPrincipal(principal);
      kdc.exportPrincipal(principal, new File(folder, name.replace('/', '_') + ".keytab"));
    }
    System.out.println("ready");
    while (System.in.read() >= 0) {}
    kdc.stop();
  }
}
